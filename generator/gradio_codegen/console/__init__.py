"""What people see of the command: reports, tables, values from the shell."""
