import { looking, type Row } from './matrixRow.ts';

/** Of a command with the name of a role as its argument. */
function onRole(path: string, ...options: string[]): Row {
  const words = path.split(' ');
  return {
    done: async (world) => ({ argv: [...words, await world.role(), ...options] }),
    refused: { run: () => ({ argv: [...words, 'nobody', ...options] }), code: 'role-not-found' },
    wrong: [...words, ...options],
    unreachable: [...words, 'nobody', ...options],
  };
}

let made = 0;

/** Commands that are about roles. */
export const OF_ROLES: Readonly<Record<string, Row>> = {
  'roles list': {
    ...looking('roles', 'list'),
    done: async (world) => (await world.role(), { argv: ['roles', 'list'] }),
    table: true,
  },
  'roles create': {
    done: () => ({ argv: ['roles', 'create', `role-${String((made += 1))}`, '--grant', '*'] }),
    refused: {
      run: async (world) => ({ argv: ['roles', 'create', await world.role(), '--grant', 'other'] }),
      code: 'role-exists',
    },
    wrong: ['roles', 'create', 'x'],
    unreachable: ['roles', 'create', 'x', '--grant', 'github'],
    empty: ['roles', 'create', 'first', '--grant', '*'],
  },
  'roles show': onRole('roles show'),
  'roles access': onRole('roles access', '--add-grant', '*'),
  'roles delete': onRole('roles delete', '--confirm'),
};
