import { z } from 'zod';
import { CLIENT_NAMES } from '../clients/clientNames.ts';

const about = {
  client: z.enum(CLIENT_NAMES),
  file: z.string().meta({ description: 'The client’s file.' }),
  servers: z.array(z.string()).meta({ description: 'The names of the entries: metamcp is that of all servers.' }),
};

export const connected = z.union([
  z.strictObject({ ...about, written: z.literal(false), text: z.string().meta({ description: 'What to paste.' }) }),
  z
    .strictObject({
      ...about,
      written: z.boolean(),
      changed: z.boolean().meta({ description: 'False: the file has it all already.' }),
      diff: z.array(z.string()),
      backup: z.string().optional().meta({ description: 'What was there before.' }),
    })
    .meta({ description: 'With --write or --dry-run.' }),
]);

export const headers = z.strictObject({ Authorization: z.string().meta({ description: 'Bearer, and a token.' }) });
