// The one place that imports pg: what must be before it comes first.
import './pureJavaScript.ts';
import pg from 'pg';

export { pg };
