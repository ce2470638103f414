import { keepEventsIn } from '../support/eventStoreUnderTest.ts';

// The gateway's end-to-end tests once more, with the events in EventStoreDB (the run's real server, or else the wire server).
keepEventsIn('eventstoredb');
await import('./endToEnd.ts');
