import { sizeErrors } from '../../src/components/size';
import { trans } from '../utils';

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
