-- Counts over time, of one workspace.
CREATE INDEX rejected_received_at ON touchline.rejected (workspace, received_at);
