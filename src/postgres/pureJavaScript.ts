// pg loads another client, which is not there, when this is set in its environment, and it looks while it is imported.
delete process.env['NODE_PG_FORCE_NATIVE'];
