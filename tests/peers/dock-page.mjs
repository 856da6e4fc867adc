// A newcomer at the dock's page, in a real browser: takes a number, then hands a paper in, with clicks
// on the page alone. What the page itself shows is what counts; the state is only asked where to click.
//
//   node dock-page.mjs http://HOST:PORT PICTURE.png
//
// Writes a picture of the page and says in one line of JSON what was seen.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { chromium } from 'playwright-core'

const [dock, picture] = process.argv.slice(2)
const profile = await mkdtemp(path.join(tmpdir(), 'dock-page-'))
const quiet = ['disable-gpu', 'disable-quic', 'no-first-run', 'disable-background-networking']
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: '/usr/bin/chromium',
  args: ['no-sandbox', ...quiet, 'disable-component-update', 'disable-sync'].map((flag) => `--${flag}`),
  viewport: { width: 1500, height: 1000 },
})
const page = browser.pages()[0] ?? (await browser.newPage())
page.setDefaultTimeout(30_000)

const complaints = []
page.on('pageerror', (error) => complaints.push(`${error}`))
page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
page.on('response', (answer) => answer.status() >= 400 && complaints.push(`${answer.status()} ${answer.url()}`))

const screen = page.locator('#screen')
const shows = (name) => page.locator('#where', { hasText: new RegExp(`^${name}$`) }).waitFor()

/** Clicks on the live picture where a touchable thing is. */
async function touch(wanted) {
  for (const end = Date.now() + 30_000; ; ) {
    const { elements } = await (await fetch(`${dock}/api/state`)).json()
    const found = elements.find((e) => e.enabled && wanted.test(e.id))
    if (found) {
      const box = await screen.boundingBox()
      const scale = box.width / (await screen.evaluate((image) => image.naturalWidth))
      const at = { x: (found.x + found.w / 2) * scale, y: (found.y + found.h / 2) * scale }
      await screen.click({ position: at })
      return found.label
    }
    if (Date.now() > end) throw new Error(`nothing like ${wanted} to touch`)
    await page.waitForTimeout(50)
  }
}

const press = (name) => page.getByRole('button', { name, exact: true }).click()
const loaded = (image) => image.evaluate((i) => i.decode().then(() => [i.naturalWidth, i.naturalHeight]))

try {
  await page.goto(dock)
  await shows('home')
  const size = await loaded(screen)

  await touch(/^home\.number$/)
  await shows('identify')
  await press('man')
  await shows('choose')
  const matter = await touch(/^package\.open-restaurant$/)
  await touch(/^confirm$/)
  await shows('number')
  const ticket = page.locator('#tickets img').first()
  await ticket.waitFor()
  const ticketSize = await loaded(ticket)
  const number = await page.locator('#tickets b').first().textContent()
  await touch(/^finish$/)
  await press('lift the card')
  await touch(/^finish$/)
  await shows('home')

  await touch(/^home\.scan$/)
  await shows('identify')
  await press('man')
  await shows('choose')
  await touch(/^confirm$/)
  await shows('licences')
  await touch(/^back$/)
  await shows('materials')
  for (const [material, papers] of [['id-card', ['id-copy']], ['premises', ['lease', 'business-licence']]]) {
    for (const paper of papers) await press(paper)
    await press('into the feeder')
    await touch(new RegExp(`^material\\.${material}$`))
    // Cards are expected on the glass; this is a copy of one.
    await touch(/^source\.feeder$/)
    await touch(/^scan\.start$/)
    await shows('review')
    if (material === 'id-card') {
      await touch(/^scan\.accept$/)
      await page.locator('#documents a').first().waitFor()
    }
  }
  const documentName = await page.locator('#documents a').first().textContent()
  // The live picture is fetched a few times a second: let it catch up with the screen's name.
  await page.waitForResponse((answer) => answer.url().includes('/api/screen.png'))
  await page.waitForResponse((answer) => answer.url().includes('/api/screen.png'))
  await page.screenshot({ path: picture })
  console.log(JSON.stringify({ screen: size, matter, number, ticket: ticketSize, document: documentName, complaints }))
} finally {
  await browser.close()
  await rm(profile, { recursive: true, force: true })
}
