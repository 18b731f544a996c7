"""What people look at: the report and, later, the pages."""
