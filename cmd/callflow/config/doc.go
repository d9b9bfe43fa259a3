// Package config reads what belongs to an installation and not to its flows:
// callflow.yaml, the environment, and flags.
//
//	flows: [authzero/flow.yaml, herd/flow.yaml]
//	numbers: { "+61255500100": authzero, "+61255500101": { flow: herd, language: es } }
//	server: { listen: "127.0.0.1:8080", public_url: https://ivr.example.com }
//	platforms:
//	  jambonz: { secret: "${env:JAMBONZ_SECRET}" }
//	identity: { directory: users.yaml }
//	services:
//	  bank: { url: https://bank.example.com, timeout: 3s }
//
// Every setting has one name: server.listen in the file, CALLFLOW_SERVER_LISTEN in
// the environment, --server-listen as a flag. A flag wins over the environment, the
// environment over the file, the file over the default. What an installation names
// itself (numbers, voices, services, words) stands in the file only; where a part
// of it depends on the place, ${env:NAME} takes it from the environment. Secrets
// have no flag, because everybody on a machine sees its command lines.
//
// Load reports everything wrong at once, as diagnostics of the flows do, and each
// value remembers where it came from.
package config
