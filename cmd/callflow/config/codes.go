package config

import "callflow/flows"

// Codes document what only an installation can get wrong. The examples are
// configurations, except where a code is about another file.
func Codes() []flows.CodeDoc {
	return []flows.CodeDoc{
		{
			Code:        CodeUnsetEnvironment,
			Summary:     "The configuration takes a value from an environment variable that is not set.",
			Explanation: "${env:NAME} is filled in when the program starts. Set the variable, or write the\nvalue itself. $${ stands for the characters ${.",
			Example:     "flows: flow.yaml\nplatforms:\n  jambonz: { secret: \"${env:JAMBONZ_SECRET_THAT_IS_NOT_SET}\" }\n",
			Fixed:       "flows: flow.yaml\nplatforms:\n  jambonz: { secret: \"${env:JAMBONZ_SECRET}\" }\n",
		},
		{
			Code:        CodePublicURLMissing,
			Summary:     "Others reach the server, and it does not know under which address.",
			Explanation: "The answers to a platform hold addresses that it posts to next. They are never taken\nfrom a request, which anybody may have written; so a server that does not listen on\na loopback address needs server.public_url.",
			Example:     "flows: flow.yaml\nserver: { listen: \":8080\" }\n",
			Fixed:       "flows: flow.yaml\nserver: { listen: \":8080\", public_url: https://ivr.example.com }\n",
		},
		{
			Code:        CodeUnsignedPublic,
			Summary:     "Anybody could pretend to be a platform.",
			Explanation: "A platform that is \"unsigned\" is believed without a signature. That is for trying\nthings out on one machine: with an address that others reach, its own, a\nproxy's or a tunnel's, set a secret.",
			Example:     "flows: flow.yaml\nserver: { listen: \":8080\", public_url: https://ivr.example.com }\nplatforms: { generic: { unsigned: yes } }\n",
			Fixed:       "flows: flow.yaml\nserver: { listen: \"127.0.0.1:8080\" }\nplatforms: { generic: { unsigned: yes } }\n",
		},
		{
			Code:        CodeUnknownFlow,
			Summary:     "A number leads to a flow that is not there.",
			Explanation: "numbers says which flow answers a called number: by the name that the flow gives\nitself in \"flow:\", not by the name of its file.",
			Example:     "flows: flow.yaml\nnumbers: { \"+61255500100\": autzero }\n",
			Fixed:       "flows: flow.yaml\nnumbers: { \"+61255500100\": authzero }\n",
		},
		{
			Code:        CodeMissingIdentity,
			Summary:     "A flow asks who callers are, and no identity provider is configured.",
			Explanation: "authenticate, challenge and verify need users. Set identity.directory to a file of\nthem; \"callflow users hash\" makes the hashes of their PINs. Or set identity.auth0 to\nan Auth0 tenant. identify needs either, or an index of numbers in a store that\noutlives the process, which \"callflow users import\" fills: without any of them nobody\nis ever found, which is a warning.",
			Fixed:       "flows: flow.yaml\nidentity: { directory: users.yaml }\n",
		},
		{
			Code:        CodeMissingSender,
			Summary:     "A flow sends codes, and nobody sends them, or nobody may get one.",
			Explanation: "A directory has its codes sent by sms.senders; an Auth0 tenant sends them itself.\nEither sends them only to numbers that begin as sms.allow says: without it every\nchallenge to a number is rejected. A second factor of a user in a directory is a\ncode too, to the first of the user's telephones.",
			Fixed:       "flows: flow.yaml\nidentity: { directory: users.yaml }\nsms: { senders: vonage, allow: \"+61\", vonage: { key: a, secret: \"${env:BANK_TOKEN}\", from: \"61400000000\" } }\n",
		},
		{
			Code:        CodeSealKeyMissing,
			Summary:     "A store outlives the process, and nothing seals what it keeps.",
			Explanation: "What callers entered and heard is sealed before it reaches a store that keeps it\nbeyond the end of the process, which needs a key that lasts as long: make one with\n\"callflow config new-key\" and set it in the environment as CALLFLOW_SEAL_KEY. Keep\nit elsewhere than the file and its backups; without it they cannot be read. To\nchange it, put the new one in front of the old: the first seals, all of them open.\nTake the old one out when no call and no action from before is left.",
			Fixed:       "flows: flow.yaml\nstore: bolt:callflow.db\nseal_key: \"${env:CALLFLOW_SEAL_KEY}\"\n",
		},
		{
			Code:        CodeBadUsers,
			Summary:     "There is a mistake in a file of users.",
			Explanation: "\"callflow users check\" says the same without a server. The file holds hashes, never\nPINs: \"callflow users hash\" makes one.",
		},
		{
			Code:        CodeLockoutOff,
			Summary:     "Nobody slows down whoever guesses PINs.",
			Explanation: "A PIN of four digits is guessed in an afternoon by whoever may go on dialling, and\nthe identity provider cannot tell one caller from another. Lock-out by account, by\ncalling number and by trunk is on unless lockout.off says otherwise; its limits can\nbe raised one by one.",
			Example:     "flows: flow.yaml\nlockout: { off: yes }\n",
			Fixed:       "flows: flow.yaml\nlockout: { account: { free: 5 } }\n",
		},
		{
			Code:        CodeOpenGateway,
			Summary:     "Anybody could have messages sent.",
			Explanation: "Whoever has messages sent costs their sender money; there are people who make a living\nof it. unauthenticated_gateway is for trying things out on one machine: with an\naddress that others reach, set auth0_gateway.secret, subject and audience to those of\nthe connection's gateway_authentication.",
			Example:     "flows: flow.yaml\nserver: { listen: \":8080\", public_url: https://ivr.example.com }\nsms: { senders: vonage, allow: \"+61\", vonage: { key: a, secret: \"${env:BANK_TOKEN}\", from: \"61400000000\" } }\nauth0_gateway: { unauthenticated_gateway: yes }\n",
			Fixed:       "flows: flow.yaml\nserver: { listen: \":8080\", public_url: https://ivr.example.com }\nsms: { senders: vonage, allow: \"+61\", vonage: { key: a, secret: \"${env:BANK_TOKEN}\", from: \"61400000000\" } }\nauth0_gateway: { secret: \"${env:GATEWAY_SECRET}\", audience: \"urn:callflow\" }\n",
		},
		{
			Code:        CodeCodesShown,
			Summary:     "Codes that sign people in would be shown on the terminal.",
			Explanation: "The sender \"log\" sends nothing: it writes messages, with their codes, to standard\nerror, for development on one machine. A line that others reach needs a sender that\ndelivers.",
			Example:     "flows: flow.yaml\nserver: { listen: \":8080\", public_url: https://ivr.example.com }\nsms: { senders: log, allow: \"+61\" }\n",
			Fixed:       "flows: flow.yaml\nserver: { listen: \":8080\", public_url: https://ivr.example.com }\nsms: { senders: vonage, allow: \"+61\", vonage: { key: a, secret: \"${env:BANK_TOKEN}\", from: \"61400000000\" } }\n",
		},
		{
			Code:        CodeNumberNotAllowed,
			Summary:     "A flow calls numbers that the installation does not allow.",
			Explanation: "Calls cost money, and there are people who make a living of having others place\nthem. Calls back go to the numbers of callbacks.allow, transfers to those of\ncalls.allow, and to no others; without calls.allow, transfers go to the numbers that\nare written out in a flow.",
			Fixed:       "flows: flow.yaml\ncalls: { allow: [\"+61\"] }\ncallbacks: { allow: [\"+61\"] }\n",
		},
		{
			Code:        CodePlatformLimit,
			Summary:     "A flow asks for something that a platform cannot do, or not as well.",
			Explanation: "\"callflow check --platform NAME\" compares a flow with what a platform says it can do.\nA warning tells what the platform will do instead; an error that it does nothing. It\nlooks at entries and their clocks, at recordings and marked-up text wherever something\nis said, at languages and the flow's voice, at how much a platform takes\nof what is said, expected and passed on, at transfers, queues and recordings, and at\nhow long the answers become. What depends on the settings of the platform, such as\nvoices and where recordings go, is known where a configuration is checked: by \"callflow\ncheck --config\", \"callflow config\" and \"callflow serve\".",
			Example:     "# callflow check --platform vonage\ncallflow: 1\nflow: card\nlanguages: [en-AU, es-AR]\nstart: card\nstates:\n  card:\n    collect:\n      prompt: { en-AU: Please enter your card number., es-AR: Marque el número de su tarjeta. }\n      digits: 12-24\n      timeout: 20s\n    next: bye\n  bye: { hangup: {} }\n",
			Fixed:       "# callflow check --platform vonage\ncallflow: 1\nflow: card\nlanguages: [en-AU, es-ES]\nstart: card\nstates:\n  card:\n    collect:\n      prompt: { en-AU: Please enter your card number., es-ES: Marque el número de su tarjeta. }\n      digits: 12-19\n      inter_digit_timeout: 5s\n    next: bye\n  bye: { hangup: {} }\n",
		},
	}
}
