"""What a node keeps of the cluster on its disk: log, term and vote, snapshot, and who it is."""
