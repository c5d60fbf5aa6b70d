// The floor of whatever is written in TypeScript.
export default { fetch: () => new Response('hello') }
