"""Libraries and forms as files: XLSForm, and the YAML that practices share."""
