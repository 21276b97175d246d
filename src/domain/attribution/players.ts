import type { Channel } from '../touchpoint.js';

/** What takes part in a chain or a game, and what a repeat is a repeat of. */
export const PLAYERS = ['channel', 'content', 'contentType', 'campaign'] as const;
export type Player = (typeof PLAYERS)[number];

/** A touch as far as its players are concerned. */
export interface PlayingTouch {
  readonly channel: Channel;
  readonly campaign: string | null;
  readonly contentId: string | null;
  /** As catalogued. */
  readonly contentType: string | null;
}

const VALUES: Readonly<Record<Player, (touch: PlayingTouch) => string | null>> = {
  channel: ({ channel }) => channel,
  content: ({ contentId }) => contentId,
  contentType: ({ contentType }) => contentType,
  campaign: ({ campaign }) => campaign,
};

/** Touches without a value are one player of their own. No value is the empty text, and none contains NUL. */
export const playerOf = (player: Player, touch: PlayingTouch): string => VALUES[player](touch) ?? '';

/** A player that a path meets this many times (transform `frequency`). */
export const timesPlayer = (player: string, times: number): string => `${player}\0${times}`;

/** The value of a player, null for touches without one, and with the transform `frequency` how often a path meets it. */
export function playerName(player: string): { readonly value: string | null; readonly times?: number } {
  const [value = '', times] = player.split('\0');
  return { value: value === '' ? null : value, ...(times !== undefined && { times: Number(times) }) };
}
