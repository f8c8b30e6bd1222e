"""When to say what, and when to keep silent: values in, values out."""
