// What both hand-written peers share: the words people type, and the policy, in the form the Worker's own variable has.

export type Call = { operation: string, parameters: Record<string, string> }

type Rule = { who: string[], where: string[], operations: string[], parameters?: Record<string, string[]> }
export type Policy = { allow: Rule[] }

const WORDS: Record<string, string> = { share: 'Share', unshare: 'UnShare' }
const IMAGE = /^m-[0-9a-z]{1,60}$/
const REGION = /^[a-z]{2}-[a-z0-9-]{2,40}$/

/** `share|unshare <image> [region]`, `images [region]` and `regions`; undefined is something else. */
export function read(text: string, region: string): Call | undefined {
  const words = text.trim().split(/\s+/)
  const word = words[0].toLowerCase()
  if (word === 'regions' && words.length === 1) return { operation: 'ListRegions', parameters: {} }
  if (word === 'images' && words.length <= 2) {
    const RegionId = words[1] ?? region
    return REGION.test(RegionId) ? { operation: 'ListCustomImages', parameters: { RegionId } } : undefined
  }
  const Operation = WORDS[word]
  if (!Operation || words.length < 2 || words.length > 3) return
  const [, ImageId, RegionId = region] = words
  if (!IMAGE.test(ImageId) || !REGION.test(RegionId)) return
  return { operation: 'ModifyImageShareStatus', parameters: { ImageId, Operation, RegionId } }
}

/** Whether a value is one of these patterns, `*` standing for anything. */
const fits = (patterns: string[], value: string) => patterns.some(pattern => {
  const [start, ...rest] = pattern.split('*')
  if (rest.length === 0) return value === pattern
  if (!value.startsWith(start)) return false
  const end = rest.pop()!
  let at = start.length
  for (const part of rest) {
    const found = value.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return value.length >= at + end.length && value.endsWith(end)
})

/** Whether some rule allows it: nothing is without one. */
export const allowed = (policy: Policy, who: string, where: string, call: Call) => policy.allow.some(rule =>
  fits(rule.who, who) && fits(rule.where, where) && fits(rule.operations, call.operation) &&
  Object.entries(rule.parameters ?? {}).every(([name, patterns]) => fits(patterns, call.parameters[name] ?? '')))

export const HELP = 'share <ImageId> [RegionId]\nunshare <ImageId> [RegionId]\nimages [RegionId]\nregions\nhelp'
