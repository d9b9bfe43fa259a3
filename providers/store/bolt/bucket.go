package bolt

import "fmt"

// bucket is one of the file's buckets.
type bucket int

// The buckets. Those of times have places for keys and nothing for values.
const (
	bucketFormat        bucket = iota
	bucketSessions             // id: a session with its mail, or a tombstone
	bucketWake                 // when sessions wake
	bucketSessionExpiry        // when sessions and tombstones go
	bucketEffects              // session, turn, position: an effect
	bucketEffectExpiry
	bucketPromises // key: a promise
	bucketLines    // session, seq, arrival: the key of a promise not done
	bucketReady    // when the first of each line may be delivered
	bucketPromiseExpiry
	bucketCounters // key: a counter
	bucketCounterExpiry
	bucketPrograms // hash: a source
	bucketUsers    // id: a user
	bucketPhones   // number, id: nothing
	bucketMarks    // name: a mark
	buckets
)

// bucketsAtFirst is how many buckets a file has that was made before there was an
// index of users. The rest are made when it is opened.
const bucketsAtFirst = bucketUsers

func (b bucket) name() []byte { return []byte(bucketNames[b]) }

var bucketNames = [buckets]string{
	"callflow", "sessions", "wake", "session_expiry", "effects", "effect_expiry",
	"promises", "lines", "ready", "promise_expiry", "counters", "counter_expiry", "programs",
	"users", "phones", "marks",
}

// keyMost bounds a key, in bytes.
const keyMost = 8 << 10

// checkKey refuses what cannot be a key.
func checkKey(what, key string) error {
	if key == "" || len(key) > keyMost {
		return fmt.Errorf("bolt store: %s has %d bytes; expected 1 to %d", what, len(key), keyMost)
	}
	return nil
}
