import { render, screen } from '@testing-library/react';
import * as React from 'react';
import { ClusterItem } from '../src/clusteritem';
import { addCommands } from '../src/commands';
import plugins from '../src/index';
describe('probe', () => { it('should import', () => { expect(ClusterItem).toBeDefined(); expect(addCommands).toBeDefined(); expect(plugins.length).toBe(3); render(<button>Hi</button>); screen.getByRole('button', {name:'Hi'}); }); });
