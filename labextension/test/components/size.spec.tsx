import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import {
  NumberField,
  sizeErrors,
  SizeForm,
  sizeRequest
} from '../../src/components/size';
import type { ISize } from '../../src/components/size';
import { trans } from '../utils';

const FIXED: ISize = {
  adaptive: false,
  jobs: 3,
  range: { minimum: 0, maximum: 10 }
};
const ADAPTIVE = { ...FIXED, adaptive: true };

describe('#sizeRequest()', () => {
  it('should request a number of jobs', () => {
    expect(sizeRequest(FIXED)).toEqual({ jobs: 3 });
  });

  it('should request a range', () => {
    expect(sizeRequest(ADAPTIVE)).toEqual({
      adapt: { minimum: 0, maximum: 10 }
    });
  });
});

describe('#sizeErrors()', () => {
  const range = { minimum: NaN, maximum: 4 };

  it('should find nothing wrong with numbers, zero too', () => {
    expect(sizeErrors({ adaptive: false, jobs: 0, range }, trans)).toEqual({});
  });

  it('should name an emptied number of jobs', () => {
    const size = { adaptive: false, jobs: NaN, range };
    expect(sizeErrors(size, trans)).toEqual({ jobs: 'Enter a number.' });
  });

  it('should name the emptied end of a range', () => {
    const size = { adaptive: true, jobs: NaN, range };
    expect(sizeErrors(size, trans)).toEqual({ minimum: 'Enter a number.' });
  });
});

describe('SizeForm', () => {
  const onChange = jest.fn();

  beforeEach(() => {
    onChange.mockClear();
  });

  function show(size: ISize, errors: Record<string, string> = {}): void {
    render(
      <SizeForm size={size} errors={errors} trans={trans} onChange={onChange} />
    );
  }

  function type(label: string, value: string): void {
    fireEvent.change(screen.getByLabelText(label), { target: { value } });
  }

  it('should have a number when fixed', () => {
    show(FIXED);
    expect(screen.getByLabelText<HTMLInputElement>('Fixed').checked).toBe(true);
    expect(screen.queryByLabelText('Minimum jobs')).toBe(null);
    type('Number of jobs', '5');
    expect(onChange.mock.calls).toEqual([[{ ...FIXED, jobs: 5 }]]);
  });

  it('should request a range when adaptive', () => {
    show(ADAPTIVE);
    expect(screen.getByLabelText<HTMLInputElement>('Autoscale').checked).toBe(
      true
    );
    expect(screen.queryByLabelText('Number of jobs')).toBe(null);
    type('Minimum jobs', '2');
    type('Maximum jobs', '20');
    expect(onChange.mock.calls.map(([size]) => size.range)).toEqual([
      { minimum: 2, maximum: 10 },
      { minimum: 0, maximum: 20 }
    ]);
  });

  it('should change between both and keep the numbers', () => {
    show(FIXED);
    fireEvent.click(screen.getByLabelText('Autoscale'));
    expect(onChange.mock.calls).toEqual([[ADAPTIVE]]);
  });

  it('should show an error at its field', () => {
    show(ADAPTIVE, { maximum: 'At least the minimum.' });
    expect(screen.getByRole('alert').textContent).toBe('At least the minimum.');
    const invalid = (label: string): string | null =>
      screen.getByLabelText(label).getAttribute('aria-invalid');
    expect(invalid('Maximum jobs')).toBe('true');
    expect(invalid('Minimum jobs')).toBe('false');
  });
});

describe('NumberField', () => {
  it('should be empty while there is no number', () => {
    const onChange = jest.fn();
    const { rerender } = render(
      <NumberField id="n" label="Jobs" value={4} onChange={onChange} />
    );
    const field = screen.getByLabelText<HTMLInputElement>('Jobs');
    fireEvent.change(field, { target: { value: '' } });
    expect(onChange.mock.calls).toEqual([[NaN]]);
    rerender(
      <NumberField id="n" label="Jobs" value={NaN} onChange={onChange} />
    );
    expect(field.value).toBe('');
  });
});
