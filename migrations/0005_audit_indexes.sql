-- The audit trail is asked for by time and by type.
create index audit_events_by_time on audit_events (at);
create index audit_events_by_type on audit_events (type, position);
