"""The rules that the books must keep, each as the SELECT of the rows that break it."""
