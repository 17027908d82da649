/** A command for the terminal, whole, with a button that copies it. */
import { Copy } from 'lucide-react';
import { toast } from 'sonner';

export function CopiedCommand({ command }: { readonly command: string }) {
  const copy = () =>
    navigator.clipboard.writeText(command).then(
      () => toast('Command copied'),
      () => toast.error('The clipboard cannot be reached'),
    );
  return (
    <p className="finding-command">
      <code>{command}</code>
      <button
        type="button"
        className="icon-button"
        title="Copy the command"
        aria-label="Copy the command"
        onClick={copy}
      >
        <Copy size={14} aria-hidden />
      </button>
    </p>
  );
}
