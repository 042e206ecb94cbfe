"""View models: one function makes plain data from answers; a template shows it and the API prints it as JSON."""
