"""OData 4: the numbers as tables that spreadsheets and BI tools read by themselves. Read only, and a subset of it."""
