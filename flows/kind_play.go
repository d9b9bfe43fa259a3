package flows

import (
	"callflow/engine"

	"gopkg.in/yaml.v3"
)

var playKind = kind{
	Field: Field{Key: "play", Shape: either(aText, aMapping(playFields), aMap(Names{What: "language", Some: true}, either(aText, aMapping(lineFields)))), Doc: "Plays a recording, and goes on."},
	parse: parsePlay,
	exits: goesOn,
}

var playFields = Fields{
	{Key: "audio", Shape: aText, Required: true, Doc: "The recording: a wav or mp3 file beside the flow, or an https address."},
	{Key: "text", Shape: aWording, Doc: "What is said where the recording cannot be played."},
	{Key: "barge_in", Shape: aBoolean, Default: "true", Inherited: true, Doc: "Whether a key stops it."},
}

// parsePlay reads a recording that is played before the flow goes on.
//
//	play: jingle.wav
//	play: { audio: welcome.wav, text: Welcome., barge_in: false }
//	play: { en: { audio: en.wav, text: Welcome. }, es: { audio: es.wav, text: Bienvenido. } }
func parsePlay(p *parser, key Scalar, n *yaml.Node) KindDecl {
	d := &PlayDecl{}
	if !p.usable(key, n) {
		return d
	}
	switch {
	case n.Kind != yaml.MappingNode:
		d.Text = (&Text{Pos: at(n)}).recorded(p.audio(key, n))
	case isWording(n):
		d.Text = &Text{Pos: at(n)}
		p.each(n, mapping{what: `"play"`}, func(lang Scalar, v *yaml.Node) bool {
			w := Wording{Lang: lang}
			if v.Kind == yaml.MappingNode {
				w.Lines = []Line{p.textLine(lang, v, "a recording")}
			} else {
				w.Lines = []Line{{Audio: p.audio(lang, v)}}
			}
			if w.Lines[0].isZero() {
				w.Lines = nil
			}
			d.Text.Wordings = append(d.Text.Wordings, w)
			return true
		})
	default:
		text, audio := &Text{Pos: at(n)}, Scalar{}
		seen := p.each(n, mapping{what: "a play", known: playFields}, func(key Scalar, v *yaml.Node) bool {
			switch key.Value {
			case "audio":
				audio = p.audio(key, v)
			case "text":
				if t := p.text(key, v, false); t != nil {
					text = t
				}
			case "barge_in":
				d.BargeIn = p.boolean(key, v)
			default:
				return false
			}
			return true
		})
		p.need(seen, key, playFields)
		d.Text = text.recorded(audio)
	}
	return d
}

func (d *PlayDecl) exits() []exit { return goesOn }

func (d *PlayDecl) compile(c *compiler, st *StateDecl) {
	barge := first(d.BargeIn, c.defaults.BargeIn, true)
	c.state(st, st.Name.Value, engine.PlayState{Text: c.text(d.Text, spoken), BargeIn: barge})
	c.wire(st, d.exits())
}
