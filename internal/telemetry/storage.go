package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// storage is what is counted of the file store.
type storage struct {
	calls   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	bytes   *prometheus.CounterVec
}

func newStorage() storage {
	return storage{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "or3_storage_calls_total",
			Help: "What the file store has done, by call and result."}, []string{"call", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "or3_storage_seconds",
			Help: "Time of a call of the file store; of open, until the content was closed.", Buckets: prometheus.ExponentialBuckets(.0005, 4, 10)}, []string{"call"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "or3_storage_bytes_total",
			Help: "Bytes the file store received (receive) and read (open)."}, []string{"call"}),
	}
}

func (s storage) all() []prometheus.Collector {
	return []prometheus.Collector{s.calls, s.seconds, s.bytes}
}

// Stored records one call of the file store, with the words of storage/metrics.
func (m *Metrics) Stored(call, result string, took time.Duration, bytes int64) {
	m.storage.calls.WithLabelValues(call, result).Inc()
	m.storage.seconds.WithLabelValues(call).Observe(took.Seconds())
	if bytes > 0 {
		m.storage.bytes.WithLabelValues(call).Add(float64(bytes))
	}
}
