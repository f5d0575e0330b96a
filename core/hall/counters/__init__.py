"""What is done at a counter, by whom, and the page staff do it on."""
