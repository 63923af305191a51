import { expect, test } from 'vitest'
import { watchClipboard } from './clipboard.ts'

const clipboardOf = (text: string) => {
  const clipboard = {
    text,
    readText: async () => clipboard.text,
    clear: () => {
      clipboard.text = ''
    },
  }
  return clipboard
}

test('a name copied from a chart is gone from the clipboard after the lock', async () => {
  const clipboard = clipboardOf('shopping list')
  const watch = watchClipboard(clipboard)
  await watch.focused()
  clipboard.text = 'Wilhelmina Unmistakable'
  await watch.blurred()
  await watch.locked()
  expect(clipboard.text).toBe('')
})

test('also where the window is still in front, and where other windows came between', async () => {
  const clipboard = clipboardOf('')
  const watch = watchClipboard(clipboard)
  await watch.focused()
  clipboard.text = 'MRN-4711'
  await watch.locked()
  expect(clipboard.text).toBe('')
  clipboard.text = 'MRN-4712'
  await watch.blurred()
  await watch.focused()
  await watch.locked()
  expect(clipboard.text).toBe('')
})

test('what somebody copied elsewhere is left to them', async () => {
  const clipboard = clipboardOf('shopping list')
  const watch = watchClipboard(clipboard)
  await watch.focused()
  await watch.locked()
  expect(clipboard.text).toBe('shopping list')
  clipboard.text = 'MRN-4711'
  await watch.blurred()
  clipboard.text = 'a letter'
  await watch.locked()
  expect(clipboard.text).toBe('a letter')
})
