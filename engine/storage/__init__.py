"""What a day keeps on the disk: its journal, its reports, its snapshots."""
