package wire

import (
	"strconv"
	"time"

	"or3.cloud/or3/internal/fault"
)

// Checked is an op with what the check found out about it.
type Checked struct {
	Payload Payload // of a put; empty when the payload could not be read
	Digest  string  // equal for equal content, see digest; "" when the op is wrong
}

// Text is the payload as it is stored and sent on, nil for a delete.
func (c *Checked) Text() []byte { return c.Payload.text }

// Check finds out whether the op is well-formed at a time on the server's
// clock. What depends on stored rows or on who sends it is judged elsewhere.
// An error comes with as much of the payload as could be read.
func (o *Op) Check(workspaceID string, now time.Time) (Checked, *OpError) {
	var c Checked
	if o.malformed != nil {
		return c, o.malformed
	}
	spec := specOf(o.Table)
	if spec == nil {
		return c, invalid("table", "There is no such table.")
	}
	if o.Op != Put && o.Op != Delete {
		return c, invalid("op", "It must be put or delete.")
	}
	if !isPK(o.PK) {
		return c, invalid("pk", "It must be 1–128 of A–Z, a–z, 0–9 and . _ : ~ -.")
	}
	if o.Table == FileMeta && !isHash(o.PK) {
		return c, invalid("pk", "It must be sha256: and 64 lower-case hexadecimal digits.")
	}
	if person, personal := PersonalKV(o.Table, o.PK); personal && person == "" {
		return c, invalid("pk", "A row named user.<user_id>.… must name the person.")
	}
	if len(o.Payload) > MaxPayload {
		return c, &OpError{Code: fault.Oversized, Message: "The payload is larger than " + strconv.Itoa(MaxPayload) + " bytes. Make the row smaller."}
	}
	if wrong := o.checkPayload(spec, workspaceID, &c); wrong != nil {
		return c, wrong
	}
	if wrong := o.Stamp.check(now); wrong != nil {
		return c, wrong
	}
	if o.Atomic != "" && !isLabel(o.Atomic, 128) {
		return c, invalid("atomic", "It must be at most 128 bytes without control characters.")
	}
	digest, wrong := digest(o, c.Text())
	c.Digest = digest
	return c, wrong
}

func (o *Op) checkPayload(spec *Spec, workspaceID string, c *Checked) *OpError {
	absent := len(o.Payload) == 0 || o.Payload.Kind() == 'n'
	if o.Op == Put {
		if absent {
			return invalid("payload", "A put needs a payload.")
		}
		var wrong *OpError
		c.Payload, wrong = checkPayload(spec, workspaceID, o.PK, o.Payload)
		return wrong
	}
	if absent {
		return nil
	}
	// A delete's payload is not kept; it may only say whose row it was.
	members, wrong := readMembers("payload", o.Payload)
	if wrong != nil {
		return wrong
	}
	c.Payload = Payload{spec: spec, values: valuesOf(spec, members)}
	if id := c.Payload.String(spec.Key); id != "" && id != o.PK {
		return invalid(spec.Key, "It must equal the op's pk.")
	}
	return nil
}

func (s *Stamp) check(now time.Time) *OpError {
	if !isUUID(s.OpID) {
		return invalid("op_id", "It must be a UUID in lower case.")
	}
	if !isLabel(s.DeviceID, 64) {
		return invalid("device_id", "It must be 1–64 bytes without control characters.")
	}
	if s.Clock < 0 || s.Clock > MaxClock {
		return invalid("clock", "It must be an integer from 0 to 2^53−1.")
	}
	hlc, err := ParseHLC(s.HLC)
	if err != nil {
		return invalid("hlc", "It must be 13 digits of milliseconds, a colon, 4 digits, a colon and 1–16 of a–z and 0–9.")
	}
	if hlc.Millis > now.Add(MaxHLCLead).UnixMilli() {
		return invalid("hlc", "It is more than 5 minutes ahead of the server. Correct the device's clock by server_time, stamp the op anew and send it again.")
	}
	return nil
}
