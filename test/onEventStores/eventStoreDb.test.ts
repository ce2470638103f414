import { keepEventsIn } from '../support/eventStoreUnderTest.ts';

// The gateway's end-to-end tests once more, with the events in EventStoreDB (the wire server, or TEST_EVENT_STORE_URL).
keepEventsIn('eventstoredb');
await import('./endToEnd.ts');
