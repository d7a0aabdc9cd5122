"""The close: from a day's commands and reports to its fills, its prices and its clearing files."""
