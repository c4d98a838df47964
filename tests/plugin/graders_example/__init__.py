"""What a package brings that adds to graders: one module for each kind of thing."""
