/**
 * Flags of Node for a server. Left alone, V8 sizes its heap by the machine and collects late; nothing Touchline does needs
 * more than this, and bounded queues keep it so. NODE_OPTIONS with another --max-old-space-size goes before.
 */
export const serverFlags = (options = process.env.NODE_OPTIONS ?? '') => [
  '--enable-source-maps',
  ...(options.includes('max-old-space-size') || options.includes('max_old_space_size')
    ? []
    : ['--max-old-space-size=512']),
];
