"""What is sent to customers and laid before the supervisor: documents of a closed day, on paper."""
