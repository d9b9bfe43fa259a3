package memory

import (
	"crypto/sha256"

	"callflow/engine/runner"
)

// ident is a session's id and how long that is; of one too long to fit, its digest. It
// has no pointer: a map by idents is nothing that a garbage collector has to look into,
// and to compare two is to leave the map for neither.
type ident [maxIdent + 1]byte

const (
	// maxIdent is how long an id may be to fit, in bytes. The runner's have 26.
	maxIdent = 31
	// digested stands where the length of one that does not fit would stand.
	digested = 0xff
)

func identOf(id string) (i ident) {
	if len(id) > maxIdent {
		i = sha256.Sum256([]byte(id))
		i[maxIdent] = digested
		return i
	}
	copy(i[:], id)
	i[maxIdent] = byte(len(id))
	return i
}

// whole tells that the id fits: String is it.
func (i *ident) whole() bool { return i[maxIdent] != digested }

func (i *ident) String() string { return string(i[:min(i[maxIdent], maxIdent)]) }

// effectKey is a runner.EffectKey without a pointer.
type effectKey struct {
	session        ident
	turn, position int64
}

func keyOf(k runner.EffectKey) effectKey {
	return effectKey{identOf(k.Session), int64(k.Turn), int64(k.Position)}
}
