"""What happens around every request: its id and log line, its errors as problems, the headers of every answer."""
