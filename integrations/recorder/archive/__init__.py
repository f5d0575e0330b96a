"""The recorder's child process: the database, written and read. It knows nothing of usher but what the frames say."""
