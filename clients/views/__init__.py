"""Pages about people in care: the desk's side and the portal's."""
