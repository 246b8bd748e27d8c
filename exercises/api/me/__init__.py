"""The portal for programs: what one client sees and does, by their own sign-in in the browser and by nothing else."""
