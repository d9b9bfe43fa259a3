package providers

import (
	callstexml "callflow/providers/calls/texml"
	"callflow/providers/telephony"
	"callflow/providers/telephony/telnyx"
)

// telnyxCommands is Telnyx by commands.
func telnyxCommands() Entry[telephony.Codec] {
	return Entry[telephony.Codec]{
		Name: telnyx.Name,
		Doc:  "Telnyx Call Control: signed events, answered by commands to its API",
		Settings: append(telnyxSigned(),
			Setting{Name: "api_key", Kind: Secret, Required: true, Doc: "an API key of the account, which commands are sent with"},
			Setting{Name: "connection_id", Kind: Word, Doc: "the Voice API application that makes calls; without one it makes none"},
			Setting{Name: "api", Kind: URL, Default: telnyx.DefaultAPI, Doc: "where commands are sent"},
			Setting{Name: "refer_host", Kind: Word, Doc: "the SIP host that takes calls which are handed over; without one mode: refer is refused"},
			Setting{Name: "recording_host", Kind: Word, Doc: "where recordings are kept, besides Telnyx' own store"},
		),
		Extras: handsOver(),
		Voice:  telnyxVoice("AWS.Polly.Olivia-Neural"),
		Open: func(s Section) (telephony.Codec, error) {
			return telnyx.New(telnyx.Config{
				PublicKeys: s.Secrets("public_key"),
				Tolerance:  s.Duration("tolerance"),
				Unsigned:   s.Bool("unsigned"),
				APIKey:     s.Secret("api_key"),
				API:        s.Text("api"),
				Voices:     telnyxVoices(s),

				ReferHost:     s.Text("refer_host"),
				RecordingHost: s.Text("recording_host"),
			})
		},
	}
}

// telnyxDocuments is Telnyx by documents.
func telnyxDocuments() Entry[telephony.Codec] {
	return Entry[telephony.Codec]{
		Name: telnyx.TeXMLName,
		Doc:  "Telnyx TeXML: signed forms, answered by documents",
		Settings: append(telnyxSigned(),
			Setting{Name: "refer_host", Kind: Word, Doc: "the SIP host that takes calls which are handed over; without one mode: refer is refused"},
			Setting{Name: "recording_host", Kind: Word, Doc: "where recordings are kept, besides Telnyx' own store"},
			Setting{Name: "account_sid", Kind: Word, Doc: "the account that makes calls"},
			Setting{Name: "application_sid", Kind: Word, Doc: "the TeXML application that makes calls; without one it makes none"},
			Setting{Name: "api_key", Kind: Secret, Doc: "an API key of the account, which it is asked for calls with"},
			Setting{Name: "api", Kind: URL, Doc: "where it is asked for calls; left out, " + callstexml.URL},
		),
		Extras: handsOver(),
		Voice:  telnyxVoice("Polly.Olivia-Neural"),
		Status: true, Fallback: true,
		Open: func(s Section) (telephony.Codec, error) {
			return telnyx.NewTeXML(telnyx.TeXMLConfig{
				PublicKeys: s.Secrets("public_key"),
				Tolerance:  s.Duration("tolerance"),
				Unsigned:   s.Bool("unsigned"),
				Voices:     telnyxVoices(s),

				ReferHost:     s.Text("refer_host"),
				RecordingHost: s.Text("recording_host"),
			})
		},
	}
}

func telnyxSigned() []Setting {
	return []Setting{
		{Name: "public_key", Kind: Secrets, Doc: "the account's public key, in Base64, which webhooks are signed for; several while it changes"},
		{Name: "unsigned", Kind: Bool, Doc: "accept webhooks without a signature; only on a loopback address"},
		{Name: "tolerance", Kind: Duration, Default: "5m", Doc: "how far a signature's time may be from ours"},
	}
}

func telnyxVoice(example string) []Setting {
	return []Setting{
		{Name: "voice", Kind: Text, Required: true, Doc: "Telnyx' name of the voice, such as " + example},
		{Name: "language", Kind: Word, Doc: "BCP 47 tag; left out, the language of the text"},
	}
}

func telnyxVoices(s Section) map[string]telnyx.Voice {
	voices := map[string]telnyx.Voice{}
	for name, v := range s.Voices() {
		voices[name] = telnyx.Voice{Voice: v.Text("voice"), Language: v.Text("language")}
	}
	return voices
}
