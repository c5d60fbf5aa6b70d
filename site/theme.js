// Before anything is drawn: the theme chosen last time, if not the system's.
(() => {
  const root = document.documentElement
  const stored = () => {
    try { return localStorage.getItem('theme') } catch { return null }
  }
  const theme = stored()
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme

  document.addEventListener('DOMContentLoaded', () => {
    const button = document.getElementById('theme')
    if (!button) return
    const dark = () => (root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark'
    button.hidden = false
    button.addEventListener('click', () => {
      root.dataset.theme = dark() ? 'light' : 'dark'
      try { localStorage.setItem('theme', root.dataset.theme) } catch { /* it holds until the page is left */ }
    })
  })
})()
