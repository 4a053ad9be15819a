"""The sequence module: X_normal is predicted from the frames around a frame, by attention."""
