"""The close of a day in named steps: journaled one by one, and gone on with where it broke off."""
