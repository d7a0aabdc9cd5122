"""What a day keeps on the disk, and what reads, checks, backs up and restores it."""
