// Package fetch asks other servers for plugins. A plugin chooses the address,
// and the answers of its server choose where redirects lead; neither may reach
// what only this machine and its network can: every hop is judged by the granted
// hosts, its name is looked up once, and the connection goes to the very address
// that was judged. Nothing is shared between two requests, no connection either.
package fetch
