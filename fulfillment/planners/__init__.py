"""Planning that takes numeric kernels, off the event loop."""
