"""The report: tables, plots and pages."""
