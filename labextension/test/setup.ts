/** What jsdom lacks, and a test fails that makes the console complain. */

class PointerEventMock extends MouseEvent {}

Object.defineProperty(window, 'PointerEvent', { value: PointerEventMock });
Object.defineProperty(navigator, 'clipboard', { value: {} });

const complaints: unknown[][] = [];

beforeEach(() => {
  complaints.length = 0;
  for (const level of ['error', 'warn'] as const) {
    jest
      .spyOn(console, level)
      .mockImplementation((...args) => void complaints.push(args));
  }
});

afterEach(() => {
  expect(complaints).toEqual([]);
  jest.restoreAllMocks();
  jest.useRealTimers();
});
