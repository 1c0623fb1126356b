"""Ways into other libraries; each module imports its library, none is imported before it is used."""
