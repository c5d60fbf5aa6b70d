// What the reference can do beyond being read: search, copying, and the other language at the same place.
const MOST = 30

const search = document.getElementById('search')
const query = document.getElementById('query')
const results = document.getElementById('results')
const found = document.getElementById('found')
const entries = [...document.querySelectorAll('[data-find]')].map(element => ({
  element,
  text: `${element.dataset.find} ${element.matches('tr') ? element.textContent : ''}`.toLowerCase(),
  title: element.dataset.find,
}))

/** The entries that have every word, those named by one of them first. */
function matching(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return []
  const named = ({ title }) => words.some(word => title.toLowerCase().includes(word)) ? 0 : 1
  return entries.filter(entry => words.every(word => entry.text.includes(word))).sort((a, b) => named(a) - named(b))
}

function show() {
  const matches = matching(query.value)
  const items = matches.slice(0, MOST).map(({ element, title }) => {
    const link = document.createElement('a')
    link.href = `#${encodeURIComponent(element.id)}`
    link.textContent = title
    const item = document.createElement('li')
    item.append(link)
    return item
  })
  results.replaceChildren(...items)
  results.hidden = items.length === 0
  found.textContent = query.value.trim() === '' ? ''
    : matches.length === 0 ? query.dataset.none : `${query.dataset.some}${matches.length}`
}

function close() {
  results.hidden = true
}

search.hidden = false
query.addEventListener('input', show)
query.addEventListener('focus', show)
results.addEventListener('click', close)
search.addEventListener('focusout', ({ relatedTarget }) => {
  if (!search.contains(relatedTarget)) close()
})
search.addEventListener('keydown', event => {
  const links = [...results.querySelectorAll('a')]
  const at = links.indexOf(document.activeElement)
  if (event.key === 'Escape') {
    query.value = ''
    show()
    query.focus()
  } else if (event.key === 'ArrowDown' && at + 1 < links.length) {
    event.preventDefault()
    links[at + 1].focus()
  } else if (event.key === 'ArrowUp' && at >= 0) {
    event.preventDefault()
    if (at === 0) query.focus()
    else links[at - 1].focus()
  } else if (event.key === 'Enter' && document.activeElement === query && links.length > 0) {
    links[0].click()
  }
})
document.addEventListener('keydown', event => {
  const typing = event.target instanceof Element && event.target.matches('input, textarea, select')
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault()
    query.focus()
  }
})

const language = document.getElementById('language')
language.addEventListener('click', () => { language.hash = location.hash })

const { copy, copied } = document.body.dataset
if (navigator.clipboard) {
  for (const block of document.querySelectorAll('pre')) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'copy'
    button.textContent = copy
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(block.querySelector('code').textContent)
      button.textContent = copied
    })
    button.addEventListener('blur', () => { button.textContent = copy })
    block.before(button)
  }
}
