import { keepEventsIn } from '../support/eventStoreUnderTest.ts';

// The gateway's end-to-end tests once more, with the events in memory: what needs several processes is skipped.
keepEventsIn('memory');
await import('./endToEnd.ts');
